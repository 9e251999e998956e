"""Trading: the order desk with its gate, and what follows from fills: positions, profit and loss, exits."""
