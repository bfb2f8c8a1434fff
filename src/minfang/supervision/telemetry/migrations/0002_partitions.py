"""Two doors for the running product, which owns no tables: make the partition of a day, drop old ones.

Both run as the owner of the tables. They can do nothing but this: names are built from a date, and days
younger than a month are never dropped.
"""

from django.db import migrations

MAKE = """
CREATE FUNCTION tel_make_day(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text := 'tel_reading_' || to_char(day, 'YYYYMMDD');
    low timestamptz := day::timestamp AT TIME ZONE 'Asia/Shanghai';
    high timestamptz := (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai';
BEGIN
    PERFORM pg_advisory_xact_lock(7310019);
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE tel_reading INCLUDING DEFAULTS INCLUDING INDEXES)', name);
    LOCK TABLE tel_reading_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM tel_reading_default WHERE ts >= $1 AND ts < $2 RETURNING *) '
                   'INSERT INTO %I SELECT * FROM moved', name) USING low, high;
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT of_its_day CHECK (ts >= %L AND ts < %L)', name, low, high);
    EXECUTE format('ALTER TABLE tel_reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, low, high);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT of_its_day', name);
    RETURN true;
END $$;
"""

DROP = """
CREATE FUNCTION tel_drop_days(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found record;
    dropped integer := 0;
BEGIN
    IF before > current_date - 30 THEN
        RAISE EXCEPTION 'days younger than a month are not dropped';
    END IF;
    FOR found IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'tel_reading'::regclass AND c.relname ~ '^tel_reading_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < before
    LOOP
        EXECUTE format('DROP TABLE %I', found.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_initial")]

    operations = [
        migrations.RunSQL(MAKE, "DROP FUNCTION tel_make_day(date)"),
        migrations.RunSQL(DROP, "DROP FUNCTION tel_drop_days(date)"),
    ]
