"""What the statements for different kinds of judgements have in common. `j` is the judgement."""


def moment(column: str) -> str:
    """As `isoformat` tells it in milliseconds, only faster."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"')"""


PROMPT = """p.id, p.messages::text, p.external_id,
    CASE WHEN p.tags <> '{}' THEN to_json(p.tags)::text END"""
CREATED_AT = moment("j.created_at")
SUBMITTED = f"""j.id, {PROMPT}, u.pseudonym, j.guideline_version_id, j.seconds, {CREATED_AT},
    w.level"""


def answer(response: str, drawn: str) -> str:
    """The columns of `Known.answer`."""
    told = f"{response}.text, {response}.origin, {response}.model_name"
    return f"{told}, {drawn}.model_id, {drawn}.parameters::text"


def submitted(table: str) -> str:
    return f"""FROM {table} j
        JOIN labeling_prompt p ON p.id = j.prompt_id
        JOIN projects_user u ON u.id = j.labeler_id
        LEFT JOIN labeling_worklevel w ON w.assignment_id = j.assignment_id"""


def response(alias: str, drawn: str, key: str) -> str:
    return f"""JOIN labeling_response {alias} ON {alias}.id = {key}
        LEFT JOIN workers_generation {drawn} ON {drawn}.id = {alias}.generation_id"""


_PARTS = {
    "about_prompt": PROMPT,
    "about": SUBMITTED,
    "created_at": CREATED_AT,
    "a_and_b": f"{answer('a', 'ga')}, {answer('b', 'gb')}",
    "chosen": "WHERE j.id = ANY(%(keys)s::bigint[]) AND p.project_id = %(project)s ORDER BY j.id",
}


def sql(statement: str, **parts: str) -> str:
    """The statement with its parts written in, those of here and its own."""
    return statement.format(**_PARTS, **parts)
