package cli

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"callout/internal/api"
)

func (a *app) auditCommand() *cobra.Command {
	var at contact
	var query, cursor string
	var limit int
	var refused, asJSON bool
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "List who changed what of a running server, when and from where",
		Long: `List who changed what of a running server, when and from where, the last change first: also what was refused, and logins. The log
goes back 400 days, and has at most 100,000 lines.`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			values := url.Values{"limit": {strconv.Itoa(limit)}}
			for key, value := range map[string]string{"query": query, "cursor": cursor} {
				if value != "" {
					values.Set(key, value)
				}
			}
			if refused {
				values.Set("refused", "true")
			}
			var page api.EventPage
			if err := a.ask(cmd, &at, http.MethodGet, "audit?"+values.Encode(), nil, &page); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, page)
			}
			a.listEvents(&page)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&query, "query", "", "only lines with `TEXT` in who, what, on what or from where")
	cmd.Flags().BoolVar(&refused, "refused", false, "only what was refused")
	cmd.Flags().IntVar(&limit, "limit", 100, "lines on a page, a `NUMBER` from 1 to 1000")
	cmd.Flags().StringVar(&cursor, "cursor", "", "the `CURSOR` that the page before ended with")
	return cmd
}

func (a *app) listEvents(page *api.EventPage) {
	if len(page.Events) == 0 {
		a.out.line("nothing in the audit log fits")
	} else {
		var t table
		t.row("WHEN", "WHO", "BY", "FROM", "WHAT", "ON", "DETAIL")
		for _, e := range page.Events {
			what := e.Action
			if e.Refused {
				what += " (refused)"
			}
			t.row(e.At.Local().Format(time.DateTime), clean(e.Who), e.Via, orDash(clean(e.From)), clean(what), orDash(clean(e.Target)), clean(e.Detail))
		}
		t.print(a.out)
	}
	if page.Next != "" {
		a.out.line("more with --cursor %s", page.Next)
	}
}
