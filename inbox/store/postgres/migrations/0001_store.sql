-- The store's first schema.
--
-- Keys are bytea: what platforms issue and people type may hold NUL, which text
-- refuses, and bytea sorts by its bytes under every locale. Records are the
-- framed and checksummed bytes of inbox/store/record, the same as in the
-- embedded store; the other columns are what is looked up or ordered by.
-- Instants are nanoseconds since 1970 UTC, as the embedded store keeps them.

-- +goose Up

CREATE TABLE conversation (
	id     bytea PRIMARY KEY,
	code   bytea UNIQUE,
	record bytea NOT NULL
) WITH (fillfactor = 70);

-- A conversation's place in a list: inbox.Placements. Rows come and go with
-- every message, so they are vacuumed early.
CREATE TABLE placement (
	list         bytea NOT NULL,
	rank         bytea NOT NULL,
	conversation bytea NOT NULL,
	PRIMARY KEY (list, rank, conversation)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);

CREATE TABLE message (
	id           bytea PRIMARY KEY,
	conversation bytea NOT NULL,
	seq          bigint NOT NULL,
	stuck        boolean NOT NULL,
	record       bytea NOT NULL,
	UNIQUE (conversation, seq)
) WITH (fillfactor = 90);
CREATE INDEX message_stuck ON message (id) WHERE stuck;

CREATE TABLE attachment (
	file    bytea NOT NULL,
	message bytea NOT NULL,
	PRIMARY KEY (file, message)
);

CREATE TABLE turn (
	id     bytea PRIMARY KEY, -- of the message
	record bytea NOT NULL
);

CREATE TABLE contact (
	id     bytea PRIMARY KEY,
	record bytea NOT NULL
);

CREATE TABLE identity (
	id      bytea PRIMARY KEY, -- channel and the platform's user
	contact bytea NOT NULL,
	record  bytea NOT NULL
);

CREATE TABLE raw (
	id     bytea PRIMARY KEY,
	record bytea NOT NULL
);

CREATE TABLE quarantine (
	id      bytea PRIMARY KEY, -- of the raw
	waiting boolean NOT NULL,
	record  bytea NOT NULL
);
CREATE INDEX quarantine_waiting ON quarantine (id) WHERE waiting;

-- What platforms reported, for good: the sum of the content is sealed as a record is.
CREATE TABLE remembered (
	key bytea PRIMARY KEY,
	sum bytea NOT NULL
);

CREATE TABLE member (
	id     bytea PRIMARY KEY,
	login  bytea NOT NULL UNIQUE,
	record bytea NOT NULL
);

CREATE TABLE session (
	id     bytea PRIMARY KEY, -- the hash of its token
	member bytea NOT NULL,
	record bytea NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX session_member ON session (member, id);

CREATE TABLE audit (
	seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	conversation bytea,
	member       bytea,
	record       bytea NOT NULL
);
CREATE INDEX audit_conversation ON audit (conversation, seq) WHERE conversation IS NOT NULL;
CREATE INDEX audit_member ON audit (member, seq) WHERE member IS NOT NULL;

CREATE TABLE entry (
	id     bytea PRIMARY KEY,
	record bytea NOT NULL
);

CREATE TABLE entry_version (
	id      bytea NOT NULL,
	version bigint NOT NULL,
	record  bytea NOT NULL,
	PRIMARY KEY (id, version)
);

-- What connectors keep and nobody reads, sealed; by name.
CREATE TABLE secret (
	id     bytea PRIMARY KEY,
	record bytea NOT NULL
);

-- Numbers that only grow: the revision of the knowledge, the last event, codes of a day.
CREATE TABLE counter (
	name bytea PRIMARY KEY,
	n    bigint NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
INSERT INTO counter VALUES ('knowledge', 0), ('events', 0);

-- head: the first task of its kind and group, the only one that is claimed. A
-- claim holds until "until" under its fence; a free task has the fence 0.
CREATE TABLE task (
	number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id     bytea NOT NULL UNIQUE,
	kind   bytea NOT NULL,
	grp    bytea NOT NULL,
	urgent boolean NOT NULL,
	due    bigint NOT NULL,
	head   boolean NOT NULL,
	fence  bigint NOT NULL DEFAULT 0,
	until  bigint NOT NULL DEFAULT 0,
	record bytea NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX task_group ON task (kind, grp, number);
CREATE INDEX task_due ON task (kind, urgent DESC, due, number) WHERE head;

-- What one transaction appended is one row; it is numbered after its commit
-- (see events.go): its events are first, first + 1, … up to how many there are.
CREATE TABLE event (
	ord     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	first   bigint UNIQUE,
	latest  bigint NOT NULL,
	records bytea[] NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX event_unnumbered ON event (ord) WHERE first IS NULL;

CREATE TABLE lease (
	name   bytea PRIMARY KEY,
	holder bytea NOT NULL,
	until  bigint NOT NULL
) WITH (fillfactor = 20);
