from django.db import migrations

from projects.immutable import freeze


class Migration(migrations.Migration):
    dependencies = [("workers", "0001_initial"), ("projects", "0002_final_rows")]

    operations = [
        freeze("workers_generation", once="OLD.state IN ('done', 'failed')"),
    ]
