CREATE TABLE discretion (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL
) {strict};
CREATE INDEX discretion_stage ON discretion (stage, at);
