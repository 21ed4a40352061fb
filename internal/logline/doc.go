// Package logline writes the line that is logged all the time, one for each decision, for a fraction of what the same
// line costs through log/slog, which is more than the decision itself.
//
// Log words such a line: its fields are added to a Fields one by one. A TextHandler takes them straight into the
// octets of the line, without attributes and without strings made for them. Every other handler gets a record with
// the same fields. The line is the same either way, to the octet, as slog's TextHandler has it. Everything else that
// is logged goes through log/slog as ever, and a TextHandler is slog's for it.
package logline
