package web

// pauseAll begins a pause of everything.
func (v *visit) pauseAll() error {
	if err := v.form(); err != nil {
		return err
	}
	if _, err := v.desk.Pause(v.ctx(), v.who, "", v.r.PostForm.Get("length")); err != nil {
		return err
	}
	return v.done(DonePaused, 0, "/")
}

// resumeAll ends the pause of everything. Pauses of single domains go on.
func (v *visit) resumeAll() error {
	if _, err := v.desk.Resume(v.ctx(), v.who, ""); err != nil {
		return err
	}
	return v.done(DoneResumed, 0, "/")
}
