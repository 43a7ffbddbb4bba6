CREATE TABLE person_key (
    person_id TEXT PRIMARY KEY,
    wrapped {bytes} NOT NULL
) {strict};
