package logline

import (
	"context"
	"io"
	"log/slog"
	"time"
)

// TextHandler is slog's TextHandler, and has a short way for Log.
type TextHandler struct {
	*slog.TextHandler
	w io.Writer
}

// NewTextHandler returns a handler that writes lines of at least a level to w, each in one Write. Writes may come at the
// same time, so w must be able to take that, unlike slog's.
func NewTextHandler(w io.Writer, level slog.Leveler) *TextHandler {
	return &TextHandler{slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}), w}
}

// Log logs one line through a handler, which should have been asked whether the level is enabled. fields adds what the
// line has besides time, level and message; it must not keep what it is given. As with a Logger, nobody is told where
// the line can't be written.
func Log(ctx context.Context, h slog.Handler, t time.Time, level slog.Level, msg string, fields func(*Fields)) {
	f := take()
	defer f.release()
	if text, ok := h.(*TextHandler); ok {
		f.begin(t, level, msg)
		fields(f)
		f.line = append(f.line, '\n')
		text.w.Write(f.line)
		return
	}
	fields(f)
	// A record made by hand: a logger would look up where it was called from, which nobody is shown.
	record := slog.NewRecord(t, level, msg, 0)
	record.AddAttrs(f.attrs...)
	h.Handle(ctx, record)
}
