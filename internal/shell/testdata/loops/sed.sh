i=0
while [ $i -lt 10000 ]; do
	x=$(echo "line $i" | sed 's/line/LINE/')
	i=$((i+1))
done
echo "$x"
