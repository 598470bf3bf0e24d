{{- define "hotsplit.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "hotsplit.selector" -}}
app.kubernetes.io/name: hotsplit
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "hotsplit.labels" -}}
{{ include "hotsplit.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* Of a values file `off` is a boolean, and numbers are floats: large ones would be written as 1e+06. */}}
{{- define "hotsplit.setting" -}}
{{- if kindIs "bool" . }}{{ ternary "on" "off" . }}{{ else if kindIs "float64" . }}{{ toJson . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}
