-- Our own state. The subset that SQLite and PostgreSQL share: BIGINT (times are milliseconds since 1970, UTC),
-- TEXT (JSON where several values stand in one column), BYTEA. Nothing here is ever altered by a person.

-- Uploads that are not in force.
CREATE TABLE drafts (
    id           TEXT   NOT NULL PRIMARY KEY,
    fleet        TEXT   NOT NULL,
    source       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    created_by   TEXT   NOT NULL,
    published_as BIGINT,
    file         BYTEA  NOT NULL,
    sittings     TEXT   NOT NULL,
    findings     TEXT   NOT NULL,
    counts       TEXT   NOT NULL
);

-- Publications: written once, never changed, never deleted. The newest of each source is in force.
CREATE TABLE revisions (
    fleet        TEXT   NOT NULL,
    source       TEXT   NOT NULL,
    number       BIGINT NOT NULL CHECK (0 < number),
    published_at BIGINT NOT NULL,
    published_by TEXT   NOT NULL,
    file         BYTEA  NOT NULL,
    sittings     TEXT   NOT NULL,
    findings     TEXT   NOT NULL,
    counts       TEXT   NOT NULL,
    PRIMARY KEY (fleet, source, number)
);

-- Requests that a second person may complete.
CREATE TABLE approvals (
    id           TEXT   NOT NULL PRIMARY KEY,
    fleet        TEXT   NOT NULL,
    source       TEXT   NOT NULL,
    draft        TEXT   NOT NULL REFERENCES drafts (id),
    against      BIGINT NOT NULL,
    requested_by TEXT   NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    completed_by TEXT,
    completed_at BIGINT
);

-- The hold of a fleet; no row, no hold.
CREATE TABLE holds (
    fleet      TEXT   NOT NULL PRIMARY KEY,
    sittings   TEXT   NOT NULL,
    floor      BIGINT NOT NULL,
    since      BIGINT NOT NULL,
    release_at BIGINT NOT NULL,
    hard_end   BIGINT NOT NULL,
    phase      TEXT   NOT NULL,
    suspended  TEXT   NOT NULL
);

-- Plans as they were made. Every hash stays; the bodies of old generations are let go.
CREATE TABLE plans (
    fleet      TEXT   NOT NULL,
    generation BIGINT NOT NULL CHECK (0 < generation),
    hash       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    body       TEXT,
    PRIMARY KEY (fleet, generation)
);

-- Append-only. Each row's hash covers the row and the hash of the row before.
CREATE TABLE journal (
    sequence BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    fleet    TEXT   NOT NULL,
    actor    TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    body     TEXT   NOT NULL,
    hash     TEXT   NOT NULL
);

-- One row: the end of the journal. Changing it takes the row's lock, so that appends follow one another.
CREATE TABLE journal_head (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    hash     TEXT   NOT NULL
);

INSERT INTO journal_head (id, sequence, hash) VALUES (1, 0, '');
