CREATE TABLE specimen (
    id TEXT PRIMARY KEY,
    category TEXT NOT NULL,
    laboratory TEXT NOT NULL,
    at {int} NOT NULL
) {strict};

CREATE TABLE plate (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL
) {strict};
CREATE INDEX plate_stage ON plate (stage, at);

CREATE TABLE plate_specimen (
    specimen TEXT NOT NULL,
    plate TEXT NOT NULL,
    PRIMARY KEY (specimen, plate)
) {strict};

CREATE TABLE reading (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    profile TEXT
) {strict};
CREATE INDEX reading_stage ON reading (stage, at);

CREATE TABLE record (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    search_key {int} UNIQUE,
    category TEXT,
    laboratory TEXT,
    profile TEXT
) {strict};
CREATE INDEX record_stage ON record (stage, category);

CREATE TABLE candidate (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    evidence TEXT,
    record TEXT,
    laboratory TEXT
) {strict};
CREATE INDEX candidate_evidence ON candidate (evidence);
CREATE INDEX candidate_record ON candidate (record);
CREATE INDEX candidate_stage ON candidate (laboratory, stage, at);
