-- What a file's reading left out as no exams, as JSON; files that were read before are not known to leave out anything.
ALTER TABLE drafts ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]';
ALTER TABLE revisions ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]';
