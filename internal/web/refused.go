package web

// refused finds the fields of a form that are wrong, for the block of that name, and puts the focus on the first of them. The
// parts of a form are in the order in which it shows them.
func refused(parts ...[]Field) []Link {
	var wrong []Link
	for _, fields := range parts {
		for i := range fields {
			f := &fields[i]
			f.Autofocus = f.Error != "" && len(wrong) == 0
			if f.Error != "" {
				wrong = append(wrong, Link{f.Label, "#f-" + f.Name})
			}
		}
	}
	return wrong
}
