-- Who is connected: one row an IKE SA that was made by a login, or took over from one by IKE rekey.
-- peer and own are identities in the form that tells them apart (RFC 7296 §3.5), remote is address and port.
-- displaced: a later login of the pair put the SA out (1 its own client, 2 replaced, 3 INITIAL_CONTACT); its owner ends it.
CREATE TABLE session (
    peer      TEXT NOT NULL,
    own       TEXT NOT NULL,
    local_spi BLOB NOT NULL CHECK (length(local_spi) = 8),
    remote    BLOB NOT NULL CHECK (length(remote) = 18),
    displaced INTEGER CHECK (displaced BETWEEN 1 AND 3),
    PRIMARY KEY (peer, own, local_spi)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX session_of_sa ON session (local_spi);

-- An address has one row in lease and as many holders as share it; it is free when the last of them is gone.
CREATE TABLE lease_holder (
    pool      TEXT NOT NULL,
    address   BLOB NOT NULL,
    local_spi BLOB NOT NULL CHECK (length(local_spi) = 8),
    PRIMARY KEY (pool, address, local_spi),
    FOREIGN KEY (pool, address) REFERENCES lease (pool, address)
) STRICT, WITHOUT ROWID;

CREATE INDEX lease_holder_of_sa ON lease_holder (local_spi);

INSERT INTO lease_holder (pool, address, local_spi)
SELECT pool, address, local_spi FROM lease WHERE local_spi IS NOT NULL;

DROP INDEX lease_of_sa;
ALTER TABLE lease DROP COLUMN local_spi;
