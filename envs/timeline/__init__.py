"""When which task of a life is lived; each file is one kind of timeline."""

from envs.timeline.base import Timeline as Timeline
from envs.timeline.base import check_count as check_count
from envs.timeline.base import index_of as index_of
from envs.timeline.markov import Markov as Markov
from envs.timeline.rounds import Rounds as Rounds
from envs.timeline.shuffled import Shuffled as Shuffled
from envs.timeline.stages import Stage as Stage
from envs.timeline.stages import Stages as Stages
from envs.timeline.visit import Stay as Stay
from envs.timeline.visit import Visit as Visit

__all__ = ["Markov", "Rounds", "Shuffled", "Stage", "Stages", "Stay", "Timeline", "Visit", "check_count", "index_of"]
