"""The same jobs in the engines a quant would otherwise choose: parity asserted first, then one table of ratios."""
