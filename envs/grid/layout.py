"""Where what stands in the arrays that hold N grid worlds.

``cells`` ``(N, width * height)`` uint8, row by row, holds the code of what lies where (`envs.grid.codes`), and
``contents`` of the same shape what is in the boxes. ``agent`` ``(N, 24)`` int32 and ``settings`` ``(16 or more,)``
int64 have the columns below; ``dice`` ``(N, 6)`` uint64 are the generators (`envs.dice`).
"""

X, Y, DIRECTION, STEPS, HELD, HELD_CONTENT = range(6)
"""Columns of ``agent``: column and row of the cell it stands in, where it faces (0 right, 1 down, 2 left, 3 up), steps
of the episode, code of what it holds, code of what is in the box that it holds."""
MISSION, MISSION_TOKENS = 6, 4
"""First column of the mission's tokens, and how many there are."""
TASK, TASK_COLUMNS = 10, 14
"""First column of what the family's rule needs to know, and how many there are."""
AGENT_COLUMNS = TASK + TASK_COLUMNS

WIDTH, HEIGHT, MAX_STEPS, SEE_THROUGH = range(4)
"""Places in ``settings``."""
PARAMETER = 4
"""First place in ``settings`` of a family's own parameters."""
SETTINGS = 16
"""Fewest places in ``settings``; families with more parameters have more."""

LEFT, RIGHT, FORWARD, PICKUP, DROP, TOGGLE, DONE = range(7)
"""Actions, in MiniGrid's numbering."""
ACTIONS = ("left", "right", "forward", "pickup", "drop", "toggle", "done")

GOES_ON, SUCCESS, FAILURE, OVER, PENALTY = range(5)
"""What a rule may say of a step, beyond goals and lava: nothing; the mission is fulfilled (the reward falls with the
steps); it failed (reward 0); the episode is over and the reward stays as it is; it is over with reward -1."""
