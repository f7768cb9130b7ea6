-- What a run changed, since this version in bytes, which can be written piece by piece, and data is empty; NULL in rows of before.

ALTER TABLE changes ADD COLUMN bytes BLOB;
