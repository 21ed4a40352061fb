package access

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"callout/internal/store"
)

// Event is one line of the audit log.
type Event struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`             // name of the actor; of a failed login the name that was given
	Via     string    `json:"via"`             // "web", "api" or "socket"
	From    string    `json:"from,omitempty"`  // IP address
	Token   string    `json:"token,omitempty"` // ID of the token used
	Action  string    `json:"action"`          // a verb phrase of a fixed set: "clear domain", "log in"
	Target  string    `json:"target,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	Refused bool      `json:"refused"`
}

// EventQuery selects lines of the audit log.
type EventQuery struct {
	Text    string // only those that have it in Who, Action, Target or From, ASCII case ignored
	Refused *bool  // nil: both
	Cursor  string // where the last page ended, "" for the first
	Limit   int    // 1 to 1,000
}

// keepEvents is how many lines the audit log has at most; how old they get is auditAge. Strangers, and users who try what
// they may not, can fill the part of the refused ones, and no more.
var keepEvents = store.AuditBounds{Done: 100_000, Refused: 20_000}

// auditPatience is how long a line waits for the store. Its caller may have gone: what was done is recorded anyway.
const auditPatience = 5 * time.Second

// Record writes to the audit log what an actor did, or with refused what was denied. It never fails for the caller: a
// failure is logged, as is the event itself.
func (a *Access) Record(ctx context.Context, who *Actor, action, target, detail string, refused bool) {
	a.record(ctx, Event{Who: who.Name, Via: who.Via, From: who.From, Token: who.Token, Action: action, Target: target,
		Detail: detail, Refused: refused})
}

func (a *Access) record(ctx context.Context, e Event) {
	e.At = now()
	for _, f := range []struct {
		text *string
		max  int
	}{{&e.Who, 200}, {&e.Via, 20}, {&e.From, 100}, {&e.Token, 100}, {&e.Action, 100}, {&e.Target, 1000}, {&e.Detail, 2000}} {
		*f.text = shorten(*f.text, f.max)
	}
	a.log.Info("audit", "action", e.Action, "who", e.Who, "via", e.Via, "from", e.From, "token", e.Token,
		"target", e.Target, "detail", e.Detail, "refused", e.Refused)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditPatience)
	defer cancel()
	if err := a.store.AddAudit(ctx, store.AuditEvent(e), keepEvents); err != nil {
		a.log.Error("a line of the audit log is lost", "action", e.Action, "who", e.Who, "error", err)
	}
}

// shorten returns a text as valid UTF-8 of so many octets at most, with an ellipsis where it was longer.
func shorten(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	end := most - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// recordStranger records a failure of somebody who may be anybody, if there were not too many of them.
func (a *Access) recordStranger(ctx context.Context, e Event) {
	if a.failures.take(addressKey(e.From), time.Now()) {
		e.Refused = true
		a.record(ctx, e)
	}
}

// tellLeftOut records how many failures were not recorded.
func (a *Access) tellLeftOut(ctx context.Context) {
	if n := a.failures.takeLeftOut(); n > 0 {
		a.record(ctx, Event{Who: "callout", Action: "leave out failures", Refused: true,
			Detail: fmt.Sprintf("%d more failures of logins and tokens were too many to list", n)})
	}
}

// Events returns a page of the audit log, newest first, and the cursor of the next page, "" after the last. A page
// before the last may be short, even empty, where the filter leaves much out. The error wraps store.ErrCursor for a
// cursor of another making.
func (a *Access) Events(ctx context.Context, q EventQuery) (page []Event, next string, err error) {
	found, next, err := a.store.Audit(ctx, store.AuditQuery{Text: q.Text, Refused: q.Refused, Limit: q.Limit, Cursor: q.Cursor})
	if err != nil {
		return nil, "", err
	}
	page = make([]Event, 0, len(found))
	for _, e := range found {
		page = append(page, Event(e))
	}
	return page, next, nil
}
