CREATE TABLE person (
    id TEXT PRIMARY KEY,
    fingerprint_digest {bytes} UNIQUE,
    sealed {bytes} NOT NULL,
    at {int} NOT NULL
) {strict};

CREATE TABLE booking (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    person_id TEXT,
    site TEXT,
    booked_at {int},
    sealed {bytes}
) {strict};
CREATE INDEX booking_person ON booking (person_id, booked_at);
CREATE INDEX booking_stage ON booking (stage, booked_at);

CREATE TABLE eligibility (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL
) {strict};

CREATE TABLE decision (
    id TEXT PRIMARY KEY,
    booking_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    at {int} NOT NULL,
    outcome TEXT NOT NULL,
    finding TEXT NOT NULL,
    facts {bytes} NOT NULL
) {strict};
CREATE INDEX decision_booking ON decision (booking_id, at);

CREATE TABLE kit (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    lot TEXT,
    site TEXT
) {strict};
CREATE INDEX kit_lot ON kit (lot, id);
CREATE TABLE lot_recall (
    lot TEXT PRIMARY KEY,
    at {int} NOT NULL
) {strict};
CREATE INDEX kit_site ON kit (site, stage, id);

CREATE TABLE collection (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    kit TEXT UNIQUE,
    person_id TEXT,
    booking_id TEXT,
    site TEXT,
    open_table TEXT,
    UNIQUE (site, open_table)
) {strict};
CREATE INDEX collection_person ON collection (person_id, at);
CREATE INDEX collection_booking ON collection (booking_id, at);
CREATE INDEX collection_stage ON collection (stage, at);

CREATE TABLE shipment (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL
) {strict};
CREATE INDEX shipment_stage ON shipment (stage, at);

CREATE TABLE shipment_kit (
    kit TEXT PRIMARY KEY,
    package TEXT NOT NULL
) {strict};
CREATE INDEX shipment_kit_package ON shipment_kit (package, kit);

CREATE TABLE accession (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL
) {strict};
CREATE INDEX accession_stage ON accession (stage, at);

CREATE TABLE link (
    specimen_digest {bytes} PRIMARY KEY,
    kit_digest {bytes} NOT NULL UNIQUE,
    sealed {bytes} NOT NULL
) {strict};

CREATE TABLE confirmation (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    candidate TEXT UNIQUE
) {strict};
CREATE INDEX confirmation_stage ON confirmation (stage, at);

CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    about TEXT UNIQUE,
    receiver TEXT,
    due_at {int}
) {strict};
CREATE INDEX notice_stage ON notice (stage, due_at);

CREATE TABLE removal (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    kit TEXT
) {strict};
CREATE INDEX removal_kit ON removal (kit, stage);
CREATE INDEX removal_stage ON removal (stage, at);

CREATE TABLE duty (
    id TEXT PRIMARY KEY,
    version {int} NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    at {int} NOT NULL,
    person_id TEXT
) {strict};
CREATE INDEX duty_person ON duty (person_id, stage);

CREATE TABLE custody_entry (
    kit TEXT NOT NULL,
    place_in_chain {int} NOT NULL,
    action TEXT NOT NULL,
    place TEXT NOT NULL,
    account TEXT NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (kit, place_in_chain)
) {strict};

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    active {int} NOT NULL,
    at {int} NOT NULL
) {strict};

CREATE TABLE account_role (
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    site TEXT NOT NULL,
    PRIMARY KEY (account, role, site)
) {strict};

CREATE TABLE session (
    token_digest {bytes} PRIMARY KEY,
    account TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created_at {int} NOT NULL,
    seen_at {int} NOT NULL
) {strict};
CREATE INDEX session_account ON session (account);
