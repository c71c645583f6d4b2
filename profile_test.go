package understudy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A policy is the same, whether it is written as a mapping, in a block, or in a file.
func TestPolicyIsReadInEachForm(t *testing.T) {
	const want = `{"Statement":[{"Action":["s3:GetObject"],"Condition":{"NumericLessThan":{"s3:max-keys":5}},"Effect":"Allow","Resource":"*"}],` +
		`"Version":"2012-10-17"}`
	for name, policy := range map[string]string{
		"mapping": "{Statement: [{Effect: Allow, Action: ['s3:GetObject'], Resource: '*', Condition: {NumericLessThan: {'s3:max-keys': 5}}}]}",
		"JSON":    "'" + want + "'",
		"version": "{Version: 2012-10-17, Statement: [{Effect: Allow, Action: ['s3:GetObject'], Resource: '*', Condition: {NumericLessThan: {'s3:max-keys': 5}}}]}",
		"block": "|\n      Statement:\n      - {Effect: Allow, Resource: '*', Action: ['s3:GetObject'],\n" +
			"         Condition: {NumericLessThan: {'s3:max-keys': 5}}}",
	} {
		d, err := parse(good + "instance:\n  profile:\n    policy: " + policy + "\n")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, d.Instance.Profile.Policy); diff != "" || !d.Instance.Profile.Made() {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		if got := d.ProfileName(); got != "understudy-hello-us-east-1" {
			t.Errorf("%s: the profile is called %s", name, got)
		}
	}
	d, err := parse(good + "instance: {profile: {name: web}}\n")
	if err != nil || d.Instance.Profile.Made() || d.ProfileName() != "web" {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err = parse(good); err != nil || d.ProfileName() != "" {
		t.Errorf("%+v, %v", d, err)
	}
}
