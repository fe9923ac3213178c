-- A role that logs in and runs bqx: import, plan, run, validate, status.
-- For whoever ran the owner's script, after it. Can be run again, and with other names for more writers.
-- Then set its password, in psql with \password.
DO $bqx$
DECLARE
  owner CONSTANT text := 'bqx_owner';
  writer CONSTANT text := 'bqx_writer';
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = writer) THEN
    EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN', writer);
  END IF;
  EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO %I', pg_catalog.current_database(), writer);
  EXECUTE pg_catalog.format('GRANT %I TO %I', owner, writer);
  -- What any writer creates belongs to the owner, so that every other one can replace it.
  EXECUTE pg_catalog.format(
    'ALTER ROLE %I IN DATABASE %I SET role = %L', writer, pg_catalog.current_database(), owner);
END
$bqx$;
