"""May I believe it: policies, anchors, passive authentication, verdicts. Needs no card and no reader."""
