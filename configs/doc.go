// Package configs reads what an installation may decide for itself, and carries
// the defaults it starts with.
//
// There is one configuration file, strict YAML: an unknown key, a value of the
// wrong kind or an environment variable that is not set is a mistake, and all
// mistakes are told at once, each with its file, line and key path, because a
// person corrects a file in one go. The messages are Vietnamese; keys are named
// as they stand in the file. Without a file, Default is a safe installation on
// the loopback address.
//
// What is data rather than a switch travels as files of its own, embedded and
// replaceable one by one: departments, fields and localities (typed by
// tongdai/inbox/directory, which also owns their rules), office hours and
// holidays, the words of urgent reports (triage), and the texts the bot says.
// LoadData reads them all, shipped or replaced, with the same care.
//
// Arrows: configs knows the plain types of inbox/directory and nothing else of
// this project. Only cmd knows configs; what a room needs, cmd hands it.
package configs
