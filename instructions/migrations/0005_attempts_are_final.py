from django.db import migrations

from projects.immutable import freeze


class Migration(migrations.Migration):
    dependencies = [("instructions", "0004_readers_and_quizzes"), ("projects", "0002_final_rows")]

    operations = [freeze("instructions_quizattempt")]
