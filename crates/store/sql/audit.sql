CREATE TABLE event (
    seq {int} PRIMARY KEY CHECK (seq >= 0),
    at {int} NOT NULL,
    actor TEXT NOT NULL,
    purpose TEXT NOT NULL,
    station TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
) {strict};
CREATE INDEX event_subject ON event (subject, seq);
CREATE INDEX event_station ON event (station, kind, seq);
{append_only event}

CREATE TABLE audit_hash (
    position {int} PRIMARY KEY CHECK (position >= 0),
    hash {bytes} NOT NULL
) {strict};
{append_only audit_hash}

CREATE TABLE checkpoint (
    size {int} PRIMARY KEY CHECK (size > 0),
    at {int} NOT NULL,
    note TEXT NOT NULL
) {strict};
{append_only checkpoint}
