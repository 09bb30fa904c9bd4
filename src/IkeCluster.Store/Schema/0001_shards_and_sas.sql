-- What the store is: its identity, the number of shards, one canary for each cluster key version.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE node (
    name       TEXT PRIMARY KEY,
    claimed_at INTEGER NOT NULL      -- seconds since 1970, by the database's clock
) STRICT, WITHOUT ROWID;

-- The fence: a commit that names another epoch than this row's does not happen.
CREATE TABLE shard (
    id    INTEGER PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES node (name),
    epoch INTEGER NOT NULL
) STRICT;

-- One row an IKE SA. Integers of the protocol are blobs in network order, so that they sort unsigned.
-- A tombstone has no sealed state and the time of its death.
CREATE TABLE sa (
    shard       INTEGER NOT NULL REFERENCES shard (id),
    local_spi   BLOB    NOT NULL CHECK (length(local_spi) = 8),
    row_version INTEGER NOT NULL,
    epoch       INTEGER NOT NULL,    -- of the shard when the row was written
    commit_id   BLOB    NOT NULL CHECK (length(commit_id) = 16),
    format      INTEGER NOT NULL,    -- of the seal
    key_version INTEGER NOT NULL,
    sealed      BLOB,
    deleted_at  INTEGER,
    PRIMARY KEY (shard, local_spi),
    CHECK ((sealed IS NULL) = (deleted_at IS NOT NULL))
) STRICT;

-- Answers «which SPIs live» without touching a row; finds tombstones to prune.
CREATE INDEX sa_live ON sa (shard, local_spi) WHERE deleted_at IS NULL;
CREATE INDEX sa_dead ON sa (deleted_at) WHERE deleted_at IS NOT NULL;

-- An address is leased once (primary key). Freed, it keeps its identity and loses its SA.
CREATE TABLE lease (
    pool      TEXT NOT NULL,
    address   BLOB NOT NULL CHECK (length(address) = 16),
    identity  TEXT NOT NULL,
    local_spi BLOB CHECK (length(local_spi) = 8),
    PRIMARY KEY (pool, address)
) STRICT, WITHOUT ROWID;

CREATE INDEX lease_of_sa ON lease (local_spi) WHERE local_spi IS NOT NULL;
