// Package report writes what a drill has found for people and for programs: a page that needs nothing but a browser, the results of tests for
// a pipeline, and signed evidence.
//
// The page holds the drill's report as JSON, from which the same page can be made again. It has no script and asks for nothing from
// elsewhere: its pictures are SVG, and what they show stands beside them in words or in a table.
package report
