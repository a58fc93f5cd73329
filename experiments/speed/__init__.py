"""`lifelong bench speed`: ours against others, in one run, taking turns; see docs/speed.md.

`rows` says what is compared, `measure` lets contenders take turns in processes of their own (`crew`, `worker`), `guard`
finds what has become slower, `report` writes it down. What contenders do stands in `worlds`, `classic`, `changes`,
`learners`, `streams`, and, for those that need not be installed here, in `peers/`.
"""
