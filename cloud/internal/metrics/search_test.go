package metrics

import "testing"

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
func TestSearch(t *testing.T) {
	cpu := Metric{"AWS/EC2", "CPUUtilization", []Dimension{{"InstanceId", "i-0123456789abcdef0"}}}
	group := Metric{"AWS/EC2", "CPUUtilization", []Dimension{{"AutoScalingGroupName", "my-web-asg"}}}
	errors := Metric{"My Namespace", "ErrorCount", []Dimension{{"Service", "web"}, {"Stage", "prod"}}}
	all := []Metric{cpu, group, errors}
	for text, want := range map[string][3]bool{
		`{AWS/EC2,InstanceId} MetricName="CPUUtilization"`:          {true, false, false},
		`{AWS/EC2,InstanceId}`:                                      {true, false, false},
		`{"My Namespace",Stage,Service} error`:                      {false, false, true},
		`{"My Namespace",Service} error`:                            {false, false, false},
		`MetricName="CPUUtilization"`:                               {true, true, false},
		`MetricName="CPU"`:                                          {false, false, false},
		`cpuutilization`:                                            {true, true, false},
		`Namespace="AWS/EC2" NOT AutoScalingGroupName="my-web-asg"`: {true, false, false},
		`web`:          {false, true, true},
		`web AND prod`: {false, false, true},
		`(web prod) OR InstanceId=i-0123456789abcdef0`: {true, false, true},
		`InstanceId=("i-0123456789abcdef0" OR "i-1")`:  {true, false, false},
		`AutoScalingGroupName="web"`:                   {false, false, false},
		`AutoScalingGroupName=web`:                     {false, true, false},
		`"ErrorCount"`:                                 {false, false, true},
		``:                                             {true, true, true},
	} {
		s, err := ParseSearch(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for n, m := range all {
			if got := s.Finds(m); got != want[n] {
				t.Errorf("%s finds %s %v: %v", text, m.Name, m.Dimensions, got)
			}
		}
	}
	for _, text := range []string{`{AWS/EC2`, `"open`, `(a`, `a)`, `NOT`, `a=`, `InstanceId=(a`, `OR`, `= b`} {
		if _, err := ParseSearch(text); err == nil {
			t.Errorf("%s is read", text)
		}
	}
}
