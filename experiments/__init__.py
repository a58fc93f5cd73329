"""Experiments: agents living changing lives, examined, recorded and compared."""
