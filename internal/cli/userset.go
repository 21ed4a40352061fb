package cli

import (
	"net/http"

	"github.com/spf13/cobra"

	"callout/internal/access"
	"callout/internal/api"
)

func (a *app) userSet() *cobra.Command {
	var at contact
	var may roleFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "set NAME", Short: "Change what a user may do", Args: arguments(1, 1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			role, err := may.read()
			if err != nil {
				return err
			}
			changed := cmd.Flags().Changed("domains")
			if role == "" && !changed {
				return usage("`callout user set` needs something to change; see `callout user set --help`")
			}
			c, err := at.dial()
			if err != nil {
				return err
			}
			u, err := a.user(cmd, c, args[0])
			if err != nil {
				return err
			}
			want := api.UserRequest{Role: string(u.Role), Domains: u.Domains}
			if role != "" {
				want.Role = string(role)
			}
			admin := want.Role == string(access.RoleAdmin)
			switch {
			case changed && admin:
				return usage("%s is an admin, who sees every domain; add --role domain", u.Name)
			case changed:
				want.Domains = may.domains
			case admin:
				want.Domains = nil
			}
			return a.putUser(cmd, c, args[0], want, false, asJSON)
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	may.flags(cmd)
	return cmd
}

func (a *app) userPasswd() *cobra.Command {
	var at contact
	var from passwordFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "passwd NAME", Short: "Set the password of a user, and end their sessions", Args: arguments(1, 1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := at.dial()
			if err != nil {
				return err
			}
			u, err := a.user(cmd, c, args[0])
			if err != nil {
				return err
			}
			password, err := a.password(&from, args[0])
			if err != nil {
				return err
			}
			return a.putUser(cmd, c, args[0], api.UserRequest{Role: string(u.Role), Domains: u.Domains, Password: password}, from.generate, asJSON)
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	from.flags(cmd)
	return cmd
}

func (a *app) userRemove() *cobra.Command {
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use: "remove NAME", Short: "Remove a user, with their tokens and sessions", Args: arguments(1, 1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.ask(cmd, &at, http.MethodDelete, userPath(args[0]), nil, nil); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, api.Removed{Removed: args[0]})
			}
			a.out.line("user %s is removed, with their tokens and sessions", clean(args[0]))
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}
