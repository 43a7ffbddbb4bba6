CREATE TABLE person_merge (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    kept TEXT
) {strict};
CREATE INDEX person_merge_stage ON person_merge (stage, at);
CREATE INDEX person_merge_kept ON person_merge (kept, stage);

CREATE TABLE person_twin (
    one TEXT NOT NULL,
    other TEXT NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (one, other)
) {strict};

CREATE TABLE person_mark (
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    digest {bytes} NOT NULL,
    PRIMARY KEY (person_id, kind, digest)
) {strict};
CREATE INDEX person_mark_digest ON person_mark (kind, digest, person_id);
CREATE INDEX duty_stage ON duty (stage, at);
