i=0
while [ $i -lt 10000 ]; do
	basename /usr/local/file.$i >/dev/null
	i=$((i+1))
done
