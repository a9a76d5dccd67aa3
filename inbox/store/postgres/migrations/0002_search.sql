-- What messages are found by: the index of inbox.MessageIndex. Nothing here is
-- original; the hub reads it in again from the store when it is lost.
--
-- terms are the hub's own and no dictionary's, so that both stores find the
-- same; beside them stand the department in charge and the time, so that one
-- index answers who, what and when at once. Instants are milliseconds since
-- 1970 UTC.

-- +goose Up

CREATE TABLE search_document (
	conversation bytea NOT NULL,
	message      bytea NOT NULL, -- empty: the conversation itself
	at           bigint NOT NULL,
	terms        tsvector NOT NULL,
	PRIMARY KEY (conversation, message)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX search_terms ON search_document USING gin (terms);

CREATE TABLE search_stamp (
	conversation bytea PRIMARY KEY,
	stamp        text NOT NULL
) WITH (fillfactor = 90);

-- One row: how far the index has come.
CREATE TABLE search_state (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	seq      bigint NOT NULL DEFAULT 0,
	complete boolean NOT NULL DEFAULT false,
	rest     bytea NOT NULL DEFAULT ''
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
INSERT INTO search_state DEFAULT VALUES;
