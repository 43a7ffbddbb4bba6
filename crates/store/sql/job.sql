CREATE TABLE job (
    id {int} PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    attempts {int} NOT NULL,
    not_before {int} NOT NULL,
    last_error TEXT,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL
) {strict};
CREATE INDEX job_due ON job (state, not_before, id);
