"""The fuel card: quota in tiers and months, dated rules, pumps with a line and without one."""
