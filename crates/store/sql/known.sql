CREATE TABLE known (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    laboratory TEXT,
    case_number TEXT,
    profile TEXT
) {strict};
CREATE INDEX known_case ON known (case_number, laboratory);

CREATE TABLE cleared (
    specimen TEXT NOT NULL,
    other TEXT NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (specimen, other)
) {strict};

CREATE TABLE record_version (
    id TEXT NOT NULL,
    version {int} NOT NULL,
    profile TEXT NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (id, version)
) {strict};

ALTER TABLE record ADD COLUMN case_number TEXT;
CREATE INDEX record_case ON record (case_number);
CREATE INDEX plate_specimen_plate ON plate_specimen (plate);
