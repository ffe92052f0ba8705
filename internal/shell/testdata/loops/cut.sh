i=0
while [ $i -lt 10000 ]; do
	echo "a:b$i:c" | cut -d: -f2 >/dev/null
	i=$((i+1))
done
