package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"callout/internal/operate"
)

type decisionList struct {
	Query     string `query:"query" doc:"Only those with this in recipient, sender or client, ASCII case ignored"`
	Domain    string `query:"domain" doc:"Only those of this domain"`
	Recipient string `query:"recipient" doc:"Only those of this recipient"`
	Action    string `query:"action" enum:"accept,reject,defer,no_opinion"`
	Verdict   string `query:"verdict" enum:"valid,invalid,unknown"`
	Reason    string `query:"reason" doc:"As in the log, for example recipient or catch_all"`
	Source    string `query:"source" doc:"As in the log, for example cache or callout"`
	Front     string `query:"front" doc:"The front end that asked"`
	Paging
	After string `header:"Last-Event-ID" doc:"Of a stream: go on behind the event with this id"`
}

func (a *API) decisionOperations() {
	register(a, operation{
		method: http.MethodGet, path: "/decisions", id: "list-decisions", tag: "Decisions", summary: "List the last decisions, or tell them as they are made",
		description: "The last 20,000 are kept, in memory. With `Accept: text/event-stream` they are told from now on, or from behind `Last-Event-ID`, " +
			"without paging, until the client has enough or the token ends: then a last event, problem, has the status 401.",
		events: []string{"decision: one of decisions; its id is its number", "lost {}: some were made faster than they were told, or are no longer kept"},
		errors: []int{404},
	}, listDecisions)
}

func listDecisions(c *call, in *decisionList, _ *none) (operate.DecisionPage, error) {
	q := operate.DecisionQuery{Text: in.Query, Domain: in.Domain, Recipient: in.Recipient, Action: in.Action, Verdict: in.Verdict,
		Reason: in.Reason, Source: in.Source, Front: in.Front, Cursor: in.Cursor, Limit: in.Limit}
	if !c.accepts("text/event-stream") {
		return c.api.desk.Decisions(c.Context(), c.who, q)
	}
	return operate.DecisionPage{}, c.watch(q, in.After)
}

func (c *call) watch(q operate.DecisionQuery, last string) error {
	var after uint64
	if last != "" {
		var err error
		if after, err = strconv.ParseUint(last, 10, 64); err != nil {
			return newProblem(http.StatusBadRequest, fmt.Sprintf("Last-Event-ID %.40q is no number of a decision", last)).about("Last-Event-ID")
		}
	}
	q.Limit = 1
	if _, err := c.api.desk.Decisions(c.Context(), c.who, q); err != nil { // what can't be used is said before the stream begins
		return err
	}
	after = c.api.desk.From(after) // before the stream says that it has begun
	return c.stream(true, func(ctx context.Context, s sink) error {
		err := c.api.desk.Watch(ctx, c.who, q, after, func(page []operate.Decision, lost bool) error {
			if lost && !s.tell(event{name: "lost", data: struct{}{}}) {
				return ctx.Err()
			}
			for _, d := range page {
				if !s.tell(event{strconv.FormatUint(d.Seq, 10), "decision", d}) {
					return ctx.Err()
				}
			}
			return nil
		})
		if errors.Is(err, context.Canceled) { // that of the client, or of the Desk
			return nil
		}
		return err
	})
}
