from django.db import migrations

from projects.immutable import freeze


class Migration(migrations.Migration):
    dependencies = [("arena", "0002_initial"), ("projects", "0002_final_rows")]

    operations = [
        freeze("arena_vote"),
        freeze("arena_countsimport"),
        freeze("arena_turn", once="OLD.state <> 'streaming'"),
    ]
