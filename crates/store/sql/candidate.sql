ALTER TABLE candidate ADD COLUMN record_laboratory TEXT;
ALTER TABLE candidate ADD COLUMN due_at {int};
CREATE INDEX candidate_work ON candidate (laboratory, stage, due_at);
CREATE INDEX candidate_work_of_record ON candidate (record_laboratory, stage, due_at);
