package cli

import (
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"callout/internal/access"
	"callout/internal/api"
	"callout/internal/config"
	"callout/internal/operate"
)

func (a *app) tokenCommand() *cobra.Command {
	cmd := group("token", "See, make and revoke the tokens that programs show to a running server",
		a.tokenList(), a.tokenCreate(), a.tokenRevoke())
	cmd.Long = `See, make and revoke the tokens that programs show to the API of a running server, as does callout itself with --url. A token is
shown once, when it is made.`
	return cmd
}

func (a *app) tokenList() *cobra.Command {
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the tokens, without what is secret of them", Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := at.dial()
			if err != nil {
				return err
			}
			all, err := allPages(cmd.Context(), c, "tokens", operate.MaxLimit, func(p *api.TokenPage) ([]access.Token, string) { return p.Tokens, p.Next })
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, all)
			}
			if len(all) == 0 {
				a.out.line("no tokens; make one with `callout token create --label LABEL --role ROLE`")
				return nil
			}
			var t table
			t.row("ID", "LABEL", "OWNER", "ROLE", "MAY", "EXPIRES", "LAST USED", "DOMAINS")
			for _, one := range all {
				t.row(clean(one.ID), clean(one.Label), orDash(clean(one.Owner)), string(one.Role), mayWord(&one), expiryWord(one.Expires), since(one.LastUsed), tokenScope(&one))
			}
			t.print(a.out)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func mayWord(t *access.Token) string {
	if t.Write {
		return "write"
	}
	return "read"
}

// tokenScope says which domains a token sees.
func tokenScope(t *access.Token) string {
	if t.Role == access.RoleDomain && len(t.Domains) == 0 && t.Owner != "" {
		return "those of its owner"
	}
	return scopeWords(t.Role, t.Domains)
}

func expiryWord(t time.Time) string {
	switch {
	case t.IsZero():
		return "never"
	case time.Now().After(t):
		return "expired"
	}
	return "in " + still(t)
}

func (a *app) tokenCreate() *cobra.Command {
	var at contact
	var may roleFlags
	var want api.TokenRequest
	var expires string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "create --label LABEL --role admin | --role domain --domains DOMAINS",
		Short: "Make a token, and print it this once",
		Long: `Make a token, and print it this once: a program sends it as "Authorization: Bearer TOKEN". Without --write it only reads: it sees
what is known and changes nothing. A token with an owner never may more than they may, and ends with them.`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			role, err := may.read()
			if err != nil {
				return err
			}
			if role == "" && len(may.domains) > 0 {
				role = access.RoleDomain
			}
			want.Role, want.Domains = string(role), may.domains
			switch {
			case want.Label == "":
				return usage("`callout token create` needs --label LABEL, which says what the token is for")
			case role == "":
				return usage("`callout token create` needs --role admin, or --role domain --domains DOMAINS")
			case role == access.RoleDomain && len(want.Domains) == 0 && want.Owner == "":
				return usage("a token of the role domain needs --domains DOMAINS, or an --owner who has some")
			}
			if want.Expires, err = expiry(expires); err != nil {
				return err
			}
			return a.createToken(cmd, &at, &want, asJSON)
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	may.flags(cmd)
	cmd.Flags().StringVar(&want.Label, "label", "", "what the token is for, a `LABEL` of 1 to 100 characters")
	cmd.Flags().StringVar(&want.Owner, "owner", "", "the user whose it is, a `NAME`; their role and domains bound it")
	cmd.Flags().BoolVar(&want.Write, "write", false, "let it change things and send callouts, not only read")
	cmd.Flags().StringVar(&expires, "expires", "90d", "end it after this `DURATION`, for example 12h or 365d, or never")
	return cmd
}

// longestToken is the longest that a token may last that ends.
const longestToken = 3660 * 24 * time.Hour

// expiry returns when something ends that lasts so long from now, zero for "never".
func expiry(text string) (time.Time, error) {
	if text == "never" {
		return time.Time{}, nil
	}
	d, err := config.ParseDuration(text)
	if err != nil || d < time.Minute || d > longestToken {
		return time.Time{}, usage("--expires %q is no duration from 1m to 3660d; write for example 12h or 365d, or never", text)
	}
	return time.Now().Add(d).UTC().Truncate(time.Second), nil
}

func (a *app) createToken(cmd *cobra.Command, at *contact, want *api.TokenRequest, asJSON bool) error {
	var made api.TokenMade
	if err := a.ask(cmd, at, http.MethodPost, "tokens", want, &made); err != nil {
		return err
	}
	if asJSON {
		return printJSON(a, made)
	}
	t := &made.Token
	a.out.line("token    %s\nid       %s\nlabel    %s", clean(made.Secret), clean(t.ID), clean(t.Label))
	if t.Owner != "" {
		a.out.line("owner    %s", clean(t.Owner))
	}
	a.out.line("may      %s\ndomains  %s", mayWord(t), tokenScope(t))
	if t.Expires.IsZero() {
		a.out.line("expires  never")
	} else {
		a.out.line("expires  %s", t.Expires.Local().Format(time.RFC3339))
	}
	a.out.line("The token is not shown again.")
	return nil
}

func (a *app) tokenRevoke() *cobra.Command {
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use: "revoke ID", Short: "Revoke a token: it is of no use from then on", Args: arguments(1, 1, "the ID of a token, which `callout token list` shows"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.ask(cmd, &at, http.MethodDelete, "tokens/"+pathEscape(args[0]), nil, nil); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, api.Removed{Removed: args[0]})
			}
			a.out.line("token %s is revoked", clean(args[0]))
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}
