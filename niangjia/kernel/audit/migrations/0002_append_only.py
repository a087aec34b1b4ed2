"""Rows of the trail stay as they were written: no deletion, and the seal's number is set once."""

from django.db import migrations

FORWARD = """
create function audit_entry_is_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'audit entries are not deleted' using errcode = 'integrity_constraint_violation';
  end if;
  if old.seal_no is not null or new.seal_no is null
     or (to_jsonb(new) - 'seal_no') is distinct from (to_jsonb(old) - 'seal_no') then
    raise exception 'audit entries are not changed' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger append_only before update or delete on audit_auditentry
  for each row execute function audit_entry_is_append_only();
create function audit_seal_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'audit seals are not changed' using errcode = 'integrity_constraint_violation';
end $$;
create trigger append_only before update or delete on audit_auditseal
  for each row execute function audit_seal_is_append_only();
"""
BACKWARD = """
drop trigger append_only on audit_auditseal;
drop function audit_seal_is_append_only();
drop trigger append_only on audit_auditentry;
drop function audit_entry_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
