-- Small things that are edited by people: inbox.Shelf. The id is the shelf's name,
-- a zero byte, and the id on it.

-- +goose Up

CREATE TABLE paper (
	id     bytea PRIMARY KEY,
	record bytea NOT NULL
) WITH (fillfactor = 80);
