package cli

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"callout/internal/access"
	"callout/internal/api"
	"callout/internal/operate"
)

func (a *app) userCommand() *cobra.Command {
	cmd := group("user", "See and change who may log in to a running server",
		a.userList(), a.userAdd(), a.userSet(), a.userPasswd(), a.userRemove())
	cmd.Long = `See and change who may log in to the web interface of a running server. An admin may do everything; a domain user sees, searches,
tests and clears what is of their domains, and changes the local recipients of these.

The first admin is made on the server itself: callout user add admin --role admin`
	return cmd
}

func userPath(name string) string { return "users/" + pathEscape(name) }

func (a *app) userList() *cobra.Command {
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the users", Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := at.dial()
			if err != nil {
				return err
			}
			all, err := allPages(cmd.Context(), c, "users", operate.MaxLimit, func(p *api.UserPage) ([]access.User, string) { return p.Users, p.Next })
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, all)
			}
			if len(all) == 0 {
				a.out.line("no users; make the first one with `callout user add NAME --role admin`")
				return nil
			}
			var t table
			t.row("NAME", "ROLE", "PASSWORD SET", "LAST LOGIN", "DOMAINS")
			for _, u := range all {
				t.row(clean(u.Name), string(u.Role), since(u.PasswordSet), since(u.LastLogin), scopeWords(u.Role, u.Domains))
			}
			t.print(a.out)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// scopeWords says which domains somebody sees.
func scopeWords(role access.Role, domains []string) string {
	switch {
	case role == access.RoleAdmin:
		return "all"
	case len(domains) == 0:
		return "none"
	}
	return aliasList(domains)
}

// roleFlags say what a user or a token may.
type roleFlags struct {
	role    string
	domains []string
}

func (f *roleFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.role, "role", "", "what they may do, a `ROLE`: admin (everything) or domain (their domains only)")
	cmd.Flags().StringSliceVar(&f.domains, "domains", nil, "the `DOMAINS` of the role domain, with commas between; their aliases go with them")
}

// read returns the role, "" where none is given.
func (f *roleFlags) read() (access.Role, error) {
	switch role := access.Role(f.role); {
	case f.role != "" && role != access.RoleAdmin && role != access.RoleDomain:
		return "", usage("--role %q is neither admin nor domain", f.role)
	case role == access.RoleAdmin && len(f.domains) > 0:
		return "", usage("an admin sees every domain; leave --domains out, or write --role domain")
	default:
		return role, nil
	}
}

func (a *app) userAdd() *cobra.Command {
	var at contact
	var may roleFlags
	var from passwordFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "add NAME --role admin | --role domain --domains DOMAINS", Short: "Add a user", Args: arguments(1, 1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			role, err := may.read()
			switch {
			case err != nil:
				return err
			case role == "":
				return usage("`callout user add` needs --role admin, or --role domain --domains DOMAINS")
			case role == access.RoleDomain && len(may.domains) == 0:
				return usage("a domain user needs domains; give --domains example.com,example.org")
			}
			c, err := at.dial()
			if err != nil {
				return err
			}
			if _, err := a.user(cmd, c, args[0]); err == nil {
				return isThere(args[0])
			} else if !isStatus(err, http.StatusNotFound) {
				return err
			}
			password, err := a.password(&from, args[0])
			if err != nil {
				return err
			}
			var u access.User
			want := api.UserRequest{Role: string(role), Domains: may.domains, Password: password}
			err = c.doWith(cmd.Context(), map[string]string{"If-None-Match": "*"}, http.MethodPut, userPath(args[0]), want, &u)
			switch {
			case isStatus(err, http.StatusPreconditionFailed): // somebody made them while the password was typed
				return isThere(args[0])
			case err != nil:
				return err
			}
			return a.showUser(u, from.made(password), asJSON)
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	may.flags(cmd)
	from.flags(cmd)
	return cmd
}

// isStatus reports whether a server refused with a status.
func isStatus(err error, status int) bool {
	p, ok := errors.AsType[*api.Problem](err)
	return ok && p.Status == status
}

func (a *app) user(cmd *cobra.Command, c *client, name string) (u access.User, err error) {
	err = c.do(cmd.Context(), http.MethodGet, userPath(name), nil, &u)
	return u, err
}

func isThere(name string) error {
	return fmt.Errorf("user %s is there already; change them with `callout user set`, or their password with `callout user passwd`", clean(name))
}

// changeUser sends what is to change of a user, and shows what became of it; the password where it was made here.
func (a *app) changeUser(cmd *cobra.Command, c *client, name string, want api.UserChange, made string, asJSON bool) error {
	var u access.User
	if err := c.do(cmd.Context(), http.MethodPatch, userPath(name), want, &u); err != nil {
		return err
	}
	return a.showUser(u, made, asJSON)
}

// showUser shows a user, and the password where one was made, "" for none.
func (a *app) showUser(u access.User, made string, asJSON bool) error {
	if asJSON {
		return printJSON(a, struct {
			access.User
			Password string `json:"password,omitempty"`
		}{u, made})
	}
	a.out.line("user      %s\nrole      %s\ndomains   %s", clean(u.Name), u.Role, scopeWords(u.Role, u.Domains))
	if made != "" {
		a.out.line("password  %s\nIt is not shown again.", made)
	}
	return nil
}
