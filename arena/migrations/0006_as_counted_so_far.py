from django.db import migrations

from projects.immutable import freeze

# Turns so far stood one after another; they are final, so the trigger has to look away once.
PARENTS = """
    ALTER TABLE arena_turn DISABLE TRIGGER arena_turn_is_final;
    UPDATE arena_turn turn SET parent_id = earlier.id FROM arena_turn earlier
        WHERE earlier.battle_id = turn.battle_id AND earlier.number = turn.number - 1;
    ALTER TABLE arena_turn ENABLE TRIGGER arena_turn_is_final;
"""
COUNTED = """
    INSERT INTO arena_countedvote (
        vote_id, project_id, model_a_id, model_b_id, verdict, weight, categories, language,
        prompt_key, cast_at)
    SELECT vote.id, vote.project_id, battle.model_a_id, battle.model_b_id, vote.verdict, 1, '{}',
        '', '', vote.created_at
    FROM arena_vote vote JOIN arena_battle battle ON battle.id = vote.battle_id
"""
WEIGHTS = """
    UPDATE arena_tally SET
        left_weight = left_wins, right_weight = right_wins, tie_weight = ties,
        bad_weight = both_bad, left_square = left_wins, right_square = right_wins,
        tie_square = ties, bad_square = both_bad
"""


class Migration(migrations.Migration):
    dependencies = [("arena", "0005_modes_flags_and_boards")]

    operations = [
        migrations.RunSQL(PARENTS, migrations.RunSQL.noop),
        migrations.RunSQL(COUNTED, migrations.RunSQL.noop),
        migrations.RunSQL(WEIGHTS, migrations.RunSQL.noop),
        freeze("arena_votenote"),
        freeze("arena_consent"),
        freeze("arena_contenderchange"),
        freeze("arena_integritycheck"),
        freeze("arena_answerreport", once="OLD.handled_at IS NOT NULL"),
        freeze("arena_share", once="OLD.withdrawn_at IS NOT NULL"),
        freeze("arena_voteflag", once="OLD.lifted_at IS NOT NULL"),
    ]
