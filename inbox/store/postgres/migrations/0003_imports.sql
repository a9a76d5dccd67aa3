-- The record of each import of knowledge, from which it can be undone. Ids grow
-- with time.

-- +goose Up

CREATE TABLE knowledge_import (
	id     bytea PRIMARY KEY,
	record bytea NOT NULL
);
