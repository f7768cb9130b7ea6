-- A hash of what was read from a file, facts and passages, and of what a run changed: a check can tell them from what a disk made of
-- them. NULL in rows of before.

ALTER TABLE facts ADD COLUMN hash TEXT;
ALTER TABLE changes ADD COLUMN hash TEXT;
