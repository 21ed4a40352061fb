package cli

import (
	"net/http"

	"github.com/spf13/cobra"

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
			want := api.UserChange{Role: string(role)}
			if changed {
				want.Domains = append([]string{}, may.domains...) // none at all is not the same as not given
			}
			return a.changeUser(cmd, c, args[0], want, "", asJSON)
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
			if _, err := a.user(cmd, c, args[0]); err != nil { // said before a password is typed for nobody
				return err
			}
			password, err := a.password(&from, args[0])
			if err != nil {
				return err
			}
			return a.changeUser(cmd, c, args[0], api.UserChange{Password: password}, from.made(password), asJSON)
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
