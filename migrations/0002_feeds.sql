-- How looking at each fed timetable goes. Only the feed's own loop writes here; a person's part is the journal's.
CREATE TABLE feeds (
    fleet         TEXT   NOT NULL,
    source        TEXT   NOT NULL,
    -- The feed of the configuration: for a file of a watched directory another name than the source's.
    feed          TEXT   NOT NULL,
    -- The latest look that found a timetable that can be trusted.
    checked_at    BIGINT,
    -- While looks fail: since when, why, and whether there was content that could not be trusted (1) or none (0).
    failing_since BIGINT,
    error         TEXT,
    refused       BIGINT NOT NULL,
    -- What the feed said last, whatever has become of it.
    draft         TEXT   REFERENCES drafts (id),
    PRIMARY KEY (fleet, source)
);

-- A feed asks with every look what has become of its draft.
CREATE INDEX approvals_of_a_draft ON approvals (draft);
