"""``smartid service demo``: each service against its far side, with everything going wrong that can."""
